"""The pipeline's I/O: everything that reads or writes AWS on behalf of more than one handler."""
