"""Whether keeping in touch works: the figures of a period, each with the customers, files and lines behind it."""
