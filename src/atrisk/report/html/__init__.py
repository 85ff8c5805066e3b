"""The document as one HTML file that needs nothing beside itself."""
