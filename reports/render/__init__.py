"""Pages, Markdown, pictures and what other programs read, made from what was analysed."""
