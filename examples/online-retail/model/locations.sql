SELECT 'UK' AS location_id, 'Warehouse' AS name, 'warehouse' AS kind, 'Europe/London' AS timezone, 'GB' AS country
