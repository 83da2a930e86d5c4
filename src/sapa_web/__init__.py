"""The application: people, institutions and the data regime, in the browser and by API, on the engine :mod:`sapa`."""
