"""The pages: each form hands its fields to the same flow as the API, and answers with a redirect or
with itself and the reason."""
