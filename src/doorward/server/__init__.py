"""The standalone product: users, and the pages and API through which they log in."""
