"""What releases and the report on the sample share: drawing charts, their colours, the style sheet, pages from disk."""
