-- Removes rows of one of the tables of schema.sql, by their key or its beginning.
-- What is in braces is filled in by store_file.cpp, from layout.hpp.
delete from {table} where {is_key}
