"""Reading the book to plan a course: free time, what a date meets, and the best chain of dates. Nothing here writes."""
