"""What a support engineer would look at first."""
