"""PostgreSQL: the only home of psycopg here. SQL is literal text, one function per statement that has a meaning."""
