"""Enrolling many people from a table, through the API."""
