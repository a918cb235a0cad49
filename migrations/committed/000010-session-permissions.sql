--! Previous: sha1:920fc7f9a5abceb299ae7c9207b0dbd52932ed67
--! Hash: sha1:b32b7a41977e990c4081e5ab01cfe88dbfe69fc1
--! Message: session-permissions

-- Nothing yet.
select 1;
