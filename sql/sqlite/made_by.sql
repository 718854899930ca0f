-- Which weir wrote a store last, whatever else is in it.
select version from node order by node_id desc limit 1
