"""How often the local transcriber and the lists of phrases accept what they should, and nothing else."""
