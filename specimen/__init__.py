"""The application that the systems under test are made of. Its configuration is its role; it knows no squall."""
