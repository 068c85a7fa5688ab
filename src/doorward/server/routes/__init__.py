"""The JSON API: each route hands its body to a flow, and answers what that returns."""
