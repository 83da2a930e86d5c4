"""The chain: collect → verify → sign → freeze → compute → publish, each step a function the command line drives."""
