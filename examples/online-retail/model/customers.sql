-- The file has numbers and countries, no names. A quarter of its lines have no customer at all.
SELECT customer_id, 'Customer ' || customer_id AS name, mode(country) AS country
FROM ops.lines
WHERE customer_id IS NOT NULL
GROUP BY customer_id
