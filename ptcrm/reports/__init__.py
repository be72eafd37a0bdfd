"""Layer 5: answers to a shopkeeper's questions, from customers and the plan; pure."""
