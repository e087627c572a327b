-- Plants are warehouses; each lives in its own time zone.
SELECT werks AS location_id, name1 AS name, 'warehouse' AS kind, tzone AS timezone, land1 AS country
FROM lake.erp_t001w
