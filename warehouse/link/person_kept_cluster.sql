-- grain:   one row a record.
-- purpose: what the link file keeps of clusters: the smallest record of the cluster, the signature of the component it
--          was grown in, why it was taken apart, the person.
-- inputs:  work.person_record, work.person_cluster, work.person_name.
with records as (
    select
        record,
        min(record) over (partition by cluster) as cluster,
        component,
        why,
        person_id
    from work.person_record
    inner join work.person_cluster using (node)
    inner join work.person_name using (cluster)
)
select * from records
