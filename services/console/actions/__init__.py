"""What the console does beside answering: making papers."""
