"""Everything a server keeps, brought to other databases while the servers go on serving."""
