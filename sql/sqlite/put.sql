-- Puts a row of one of the tables of schema.sql in the place of the one with its key.
-- What is in braces is filled in by store_file.cpp, from layout.hpp.
insert or replace into {table}({columns}) values ({places})
