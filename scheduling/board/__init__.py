"""The board: a day, a week or a month of the book as columns. Reads only; it is asked for again every few seconds."""
