"""The Storage view: what takes the space, how it grew, and how quickly questions are answered."""
