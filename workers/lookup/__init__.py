"""Private lookup at a node: as a holder, who publishes mirrors and answers questions, and as an asker."""
