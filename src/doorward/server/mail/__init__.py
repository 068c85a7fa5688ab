"""Mail: what a person is told of outside the browser, kept until it is sent."""
