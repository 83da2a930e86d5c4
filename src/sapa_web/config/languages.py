"""The languages of the interface, each by its own name."""

LANGUAGES = [("en", "English"), ("ru", "Русский"), ("kk", "Қазақша"), ("uk", "Українська"), ("be", "Беларуская")]
