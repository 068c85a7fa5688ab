"""Which mode, transport and lifetimes fit an application: `doorward advise`."""
