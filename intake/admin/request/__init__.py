"""A request's page as staff work with it: what it shows, and a module for each of its forms."""
