"""Times until an event, some of them not seen to their end."""
