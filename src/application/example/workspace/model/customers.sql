-- Everybody, as each system writes them; who is one, master.customers tells.
SELECT kunnr AS customer_id, name1 AS name, smtp AS email, telf1 AS phone, concat_ws(', ', stras, pstlz) AS address, ort01 AS city, land1 AS country
FROM lake.erp_kna1
UNION ALL
SELECT customer_id, full_name, email, phone, concat_ws(', ', street, postcode), city, country
FROM lake.shop_customers
