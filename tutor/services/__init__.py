"""The use cases, one function each. Every entry point (API, pages, admin, commands) calls these; only they write."""
