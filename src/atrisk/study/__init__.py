"""The declared study: a frozen, validated model of what is asked."""
