"""What people would use instead, and the least there could be: small, fair, and measured beside ours."""
