"""Every write about patients and the messages to them: one verb a function."""
