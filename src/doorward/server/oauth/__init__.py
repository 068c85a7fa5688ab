"""Third-party applications: who they are, what they may ask for, and what people allowed them."""
