"""The list of requests: what is asked for in the address, a page of it, and what is done with several at once."""
