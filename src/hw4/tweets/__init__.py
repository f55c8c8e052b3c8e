"""Problem 3: a DistilBERT head for tweets."""
