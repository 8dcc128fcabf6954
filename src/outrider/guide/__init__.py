"""Language to atlas to signal: from a world's captions to a bonus on the device."""
