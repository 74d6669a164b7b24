"""The second process: loops that move what the API and the chain wrote down."""
