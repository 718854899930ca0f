-- Reads all of one of the tables of schema.sql, in the order of its key.
-- What is in braces is filled in by store_file.cpp, from layout.hpp.
select {columns} from {table} order by {key}
