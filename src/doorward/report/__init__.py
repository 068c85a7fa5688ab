"""Reports, each as one self-contained HTML page."""
