"""The MiniGrid family on xminigrid's layouts and tiles, as device worlds that speak."""
