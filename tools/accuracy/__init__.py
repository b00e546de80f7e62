"""How accurate recognition is: comparisons of known voices, and what the service would have made of them."""
