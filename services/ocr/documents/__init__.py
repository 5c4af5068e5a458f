"""Documents on their way from scan to text: fanned out page by page, gathered by one owner each."""
