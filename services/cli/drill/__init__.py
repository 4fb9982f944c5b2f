"""``lianjing drill``: the pure conduct of drills joined to the player, the topics and the channels."""
