"""The query language: from text to a predicate over what is known of one customer."""
