"""The feeds over HTTP: kept up with the files, at addresses that cannot be guessed."""
