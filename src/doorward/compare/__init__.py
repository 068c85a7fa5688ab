"""Sessions and tokens, measured side by side: `doorward compare`."""
