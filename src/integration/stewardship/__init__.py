"""What people decide about deliveries, who they are, and what is owed when."""
