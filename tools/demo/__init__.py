"""The whole flow on this machine: enroll people, verify them, identify who is speaking, and meet a stranger."""
